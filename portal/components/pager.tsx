import type { MachineListReply } from '../api/replies.ts';
import type { MachineQuestion } from '../model/machine-question.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** To the pages beside this one: addresses, so that Back works and a page is found again. */
export function Pager({ question, list }: { question: MachineQuestion; list: MachineListReply }) {
  const { previous, next } = list;
  if (previous === null && next === null) return null;
  const to = (page: string) => addresses.machines({ ...question, page });
  return (
    <nav class="actions pager" aria-label="Pages">
      {previous !== null && (
        <Link to={to(previous)} class="button">
          Previous page
        </Link>
      )}
      {next !== null && (
        <Link to={to(next)} class="button">
          Next page
        </Link>
      )}
    </nav>
  );
}
