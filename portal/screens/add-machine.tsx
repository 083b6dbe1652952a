import { useState } from 'preact/hooks';
import { FailureCard } from '../components/failure-card.tsx';
import { Icon } from '../components/icon.tsx';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { kindName, readResourceId } from '../model/resource.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

const example =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.HybridCompute/machines/{name}';

export function AddMachineScreen() {
  const { api } = usePortal();
  const heading = useScreenTitle('Add a machine');
  const [text, setText] = useState('');
  const [isAsked, setAsked] = useState(false);
  const { isBusy, failure, run } = useAction();
  const field = readResourceId(text);
  const fault = isAsked ? field.fault : undefined;

  const add = (event: Event) => {
    event.preventDefault();
    setAsked(true);
    if (field.fault !== undefined || isBusy) return document.getElementById('resource-id')?.focus();
    const { resourceId } = field;
    run(async (go) => go(addresses.machine((await api.add(resourceId)).id)));
  };

  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.machines()}>Machines</Link>
      </nav>
      <h1 ref={heading} tabIndex={-1}>
        Add a machine
      </h1>
      <p class="lead">
        Any Arc server, Azure VM or Azure Local cluster that you may see. Adding it changes nothing on the
        machine.
      </p>
      {failure && <FailureCard failure={failure} />}
      <form class="card form" noValidate onSubmit={add}>
        <label for="resource-id">Azure resource id</label>
        <p class="quiet" id="resource-id-help">
          In the Azure portal it is in the machine’s properties, or under JSON View: <code>{example}</code>
        </p>
        <textarea
          id="resource-id"
          name="resource-id"
          class="input"
          rows={3}
          spellcheck={false}
          autocomplete="off"
          aria-describedby="resource-id-help resource-id-note"
          aria-invalid={fault !== undefined}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === 'Enter' && add(event)}
        />
        <p class={fault ? 'field-note fault' : 'field-note'} id="resource-id-note" role="status">
          {fault && <Icon name="bad" tone="bad" />}
          {fault ??
            (field.fault === undefined
              ? `${field.name}: ${kindName(field.kind)} in ${field.resourceGroup}`
              : '')}
        </p>
        <div class="actions">
          <button type="submit" class="button primary" aria-disabled={isBusy}>
            {isBusy ? 'Asking Azure' : 'Add machine'}
          </button>
          <Link to={addresses.machines()} class="button">
            Cancel
          </Link>
        </div>
      </form>
    </>
  );
}
