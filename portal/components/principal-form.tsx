import { useState } from 'preact/hooks';
import { isObjectId } from '../model/access-words.ts';
import { navigate } from '../navigation/history.ts';
import { addresses } from '../navigation/routes.ts';

/** Asks for somebody else's access; the answer has an address of its own. */
export function PrincipalForm({ machineId, principal }: { machineId: string; principal: string }) {
  const [id, setId] = useState(principal);
  const [isTried, setTried] = useState(false);
  const isWrong = isTried && !isObjectId(id);
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isObjectId(id)) navigate(addresses.machineAccess(machineId, id.trim().toLowerCase()));
      }}
    >
      <label for="principal">Ask about somebody else</label>
      <div class="input-row">
        <input
          id="principal"
          class="input"
          autocomplete="off"
          spellcheck={false}
          placeholder="Object id of a person, group, application or managed identity"
          value={id}
          {...(isWrong && { 'aria-invalid': true })}
          aria-describedby="principal-note"
          onInput={(event) => setId(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          Ask
        </button>
      </div>
      <span class={isWrong ? 'field-note fault' : 'field-note quiet'} id="principal-note">
        {isWrong
          ? 'An object id has 32 hexadecimal digits, as 00000000-0000-0000-0000-000000000000.'
          : 'Its page in Entra ID has it.'}
      </span>
    </form>
  );
}
