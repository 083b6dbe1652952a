import { arrayFunctions } from './array-functions.ts';
import { dateFunctions } from './date-functions.ts';
import { dateTickFunctions } from './date-tick-functions.ts';
import { type BuiltIn, type FunctionTable, onAny } from './function-table.ts';
import { integerFunctions } from './integer-functions.ts';
import { mathFunctions } from './math-functions.ts';
import { regexFunctions } from './regex-functions.ts';
import { stringFunctions } from './string-functions.ts';
import { isObject, typeRank } from './values.ts';

const typeFunctions: FunctionTable = {
  IS_ARRAY: onAny((value) => Array.isArray(value)),
  IS_BOOL: onAny((value) => typeof value === 'boolean'),
  IS_DEFINED: onAny((value) => value !== undefined),
  IS_FINITE_NUMBER: onAny((value) => typeof value === 'number'),
  IS_INTEGER: onAny((value) => Number.isInteger(value)),
  IS_NULL: onAny((value) => value === null),
  IS_NUMBER: onAny((value) => typeof value === 'number'),
  IS_OBJECT: onAny((value) => isObject(value)),
  IS_PRIMITIVE: onAny((value) => value !== undefined && typeRank(value) < 5),
  IS_STRING: onAny((value) => typeof value === 'string'),
  IIF: { minimum: 3, maximum: 3, call: ([condition, yes, no]) => (condition === true ? yes : no) },
};

const functions = new Map<string, BuiltIn>(
  [
    typeFunctions,
    arrayFunctions,
    stringFunctions,
    regexFunctions,
    mathFunctions,
    integerFunctions,
    dateFunctions,
    dateTickFunctions,
  ].flatMap((table) => Object.entries(table)),
);

/** What the query reference has and this engine lacks, so that its refusal can say so. */
const lacked = new Set(
  `AGO COUNTIF DATETIMEFORMAT DAYOFWEEK DOCUMENTID FULLTEXTCONTAINS FULLTEXTCONTAINSALL FULLTEXTCONTAINSANY FULLTEXTSCORE
   MAKELIST MAKESET MONTH NOW RRF ST_AREA ST_DISTANCE ST_INTERSECTS ST_ISVALID ST_ISVALIDDETAILED ST_WITHIN
   VECTORDISTANCE YEAR`.split(/\s+/),
);

/** The function of this name, in any case; one that this engine lacks is undefined. */
export function findFunction(name: string): BuiltIn | undefined {
  return functions.get(name.toUpperCase());
}

/** Why there is no function of this name. */
export function refusalOf(name: string): string {
  if (lacked.has(name.toUpperCase()))
    return `The local Cosmos DB stand-in lacks the function '${name}', which the service has.`;
  return `'${name}' is not a recognized built-in function name.`;
}
