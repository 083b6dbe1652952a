/** What the list of machines is asked for, as it stands in the page's address; an empty text asks nothing. */
export interface MachineQuestion {
  search: string;
  state: string;
  kind: string;
  /** `skipToken` of the page. */
  page: string;
}

export const longestSearch = 200;
const rowsOfPage = 100;

/** The same for the API. */
export function machineQuery({ page, ...asked }: MachineQuestion): string {
  const wanted = Object.entries({ ...asked, skipToken: page, top: String(rowsOfPage) });
  return `?${new URLSearchParams(wanted.filter(([, text]) => text !== ''))}`;
}
