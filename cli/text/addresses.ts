import type { AddressesReply } from '#shared/protocol/install-api.ts';
import { renderTable } from './columns.ts';
import { plain } from './plain.ts';

type Address = AddressesReply['value'][number];

const isOpenWord = ({ isOpen }: Address): string => (isOpen === null ? 'unknown' : isOpen ? 'yes' : 'no');

/** A table, then the notes of each address, then the address of whoever asks. */
export function renderAddresses({ value, port, yourAddress }: AddressesReply): string {
  const table = renderTable(
    ['address', 'reached from', `port ${port} open`, 'recommended'],
    value.map((one) => [
      one.address,
      one.isPublic ? 'everywhere' : 'its network',
      isOpenWord(one),
      one.isRecommended ? 'yes' : 'no',
    ]),
  );
  const notes = value.flatMap(({ address, notes: sentences }) =>
    sentences.length === 0 ? [] : ['', plain(address), ...sentences.map((one) => `  ${plain(one)}`)],
  );
  const yours = yourAddress === null ? [] : ['', `You come from ${plain(yourAddress)}: --source me`];
  return [table, ...notes, ...yours].join('\n');
}
