import type { HttpMethod, HttpRequest } from '@azure/functions';
import { AppError, errorTable } from '#shared/domain/error.ts';
import type { AppPorts } from '../ports.ts';
import { bearerOf, type Caller } from './authorization.ts';
import { networkOf } from './network-of.ts';
import type { LimitClass } from './rate-limit.ts';

/** Who may call: named on every route. `agent` proves itself in the handlers, by its own key or its enrolment. */
type Audience = 'anonymous' | 'user' | 'agent' | 'proxy';

export interface Admission {
  method: Uppercase<HttpMethod>;
  audience: Audience;
  /**
   * Programs may call with a token of their own, with the rights that their roles give them. Where it is not said the
   * route is for people: what it answers opens a machine, or is somebody's word.
   */
  applications?: boolean;
  /** What it counts as; where it is not said, as a read or a change by its method. */
  limit?: 'connects' | 'exports';
}

const noCaller: Caller = { id: '', name: '', tenantId: '', isApplication: false, roles: [] };

const limitOf = ({ audience, limit, method }: Admission): LimitClass =>
  audience === 'proxy' ? 'proxies' : (limit ?? (method === 'GET' ? 'reads' : 'changes'));

/**
 * Lets in who the route is for, and not too often; looks at nothing but the request's headers. Agents sign their calls:
 * their handlers check them.
 */
export async function admit(admission: Admission, request: HttpRequest, ports: AppPorts): Promise<Caller> {
  const { audience } = admission;
  if (audience === 'anonymous' || audience === 'agent') return noCaller;
  const caller = await ports.callers.verify(bearerOf(request));
  ports.limits.take(limitOf(admission), caller.id);
  if (audience === 'proxy' && !ports.settings.ADMIN_CENTER_PROXY_PRINCIPALS.includes(caller.id)) {
    throw new AppError('access_denied', 'this route is for the proxies', {
      facts: { missingAction: 'proxy' },
    });
  }
  if (audience === 'user' && caller.isApplication && admission.applications !== true) {
    throw new AppError(
      'application_not_allowed',
      'the token is that of an application, and this route is for people',
    );
  }
  return caller;
}

/** A caller who did not say who he is, or could not prove it. */
const isOfStranger = ({ code }: AppError): boolean =>
  errorTable[code].status === 401 || code === 'enrolment_refused';

/** What a request is refused with. Strangers are counted by where they come from: those who come too often read that. */
export function refusalOf(error: AppError, request: HttpRequest, ports: AppPorts): AppError {
  if (!isOfStranger(error)) return error;
  try {
    ports.limits.take('failures', networkOf(request.headers));
    return error;
  } catch (tooMany) {
    return tooMany instanceof AppError ? tooMany : error;
  }
}
