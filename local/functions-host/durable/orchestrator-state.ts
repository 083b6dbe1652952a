import { actionType, type OrchestratorState } from './actions.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isName = (value: unknown) => typeof value === 'string' && value !== '';
const isAbsentOr = (value: unknown, check: (present: unknown) => boolean) =>
  value === undefined || value === null || check(value);
const isInstant = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);

function isRetry(options: unknown): boolean {
  return (
    isFields(options) &&
    isNumber(options['firstRetryIntervalInMilliseconds']) &&
    Number.isSafeInteger(options['maxNumberOfAttempts']) &&
    Number(options['maxNumberOfAttempts']) >= 1 &&
    isAbsentOr(options['backoffCoefficient'], isNumber) &&
    isAbsentOr(options['maxRetryIntervalInMilliseconds'], isNumber)
  );
}

const isCall = (action: Fields) =>
  isName(action['functionName']) &&
  isAbsentOr(action['instanceId'], isText) &&
  isAbsentOr(action['version'], isText);
const isRetriedCall = (action: Fields) => isCall(action) && isRetry(action['retryOptions']);
const isCompound = ({ compoundActions }: Fields) =>
  Array.isArray(compoundActions) && compoundActions.every(isAction);
/** Not served; the replay refuses it by its name. */
const isRefusedLater = () => true;

const shapes = new Map<unknown, (action: Fields) => boolean>([
  [actionType.callActivity, isCall],
  [actionType.callActivityWithRetry, isRetriedCall],
  [actionType.callSubOrchestrator, isCall],
  [actionType.callSubOrchestratorWithRetry, isRetriedCall],
  [actionType.continueAsNew, () => true],
  [
    actionType.createTimer,
    ({ fireAt, isCanceled }) =>
      isInstant(fireAt) && isAbsentOr(isCanceled, (value) => typeof value === 'boolean'),
  ],
  [actionType.waitForExternalEvent, ({ externalEventName }) => isName(externalEventName)],
  [actionType.whenAny, isCompound],
  [actionType.whenAll, isCompound],
  [actionType.callEntity, isRefusedLater],
  [actionType.callHttp, isRefusedLater],
  [actionType.signalEntity, isRefusedLater],
  [actionType.lockEntities, isRefusedLater],
  [actionType.releaseEntities, isRefusedLater],
]);

function isAction(value: unknown): boolean {
  return isFields(value) && shapes.get(value['actionType'])?.(value) === true;
}

/**
 * Whether an orchestrator returned what the library makes of one. It comes from another process and is what the engine
 * acts on, so nothing of it is believed: an app may return anything from a function of that kind.
 */
export function isOrchestratorState(value: unknown): value is OrchestratorState {
  return (
    isFields(value) &&
    typeof value['isDone'] === 'boolean' &&
    isAbsentOr(value['error'], isText) &&
    Array.isArray(value['actions']) &&
    value['actions'].every((list) => Array.isArray(list) && list.every(isAction))
  );
}
