import type { InspectedTable } from '#local/kit/stand-in.ts';
import { codeName } from './resolution.ts';

const kept = 100;

/** The last questions, newest first, for a person who wonders what was asked and what was said. */
export interface QuestionLog {
  add(entry: { question: { name: string; type: string } | undefined; rcode: number; answers: number }): void;
  inspect(): InspectedTable;
}

export function createQuestionLog(): QuestionLog {
  const rows: (string | number)[][] = [];
  return {
    add({ question, rcode, answers }) {
      rows.unshift([question?.name ?? '', question?.type ?? '', codeName(rcode), answers]);
      if (rows.length > kept) rows.pop();
    },
    inspect: () => ({
      title: 'Last questions',
      columns: ['name', 'type', 'code', 'answers'],
      rows: rows.map((row) => [...row]),
    }),
  };
}
