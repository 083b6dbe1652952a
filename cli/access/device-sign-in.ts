import * as oauth from 'oauth4webapi';
import { failureOf } from '../failure.ts';
import {
  discover,
  type FlowOptions,
  type Grant,
  grantOf,
  isUnreachable,
  requestOptions,
  scopesOf,
  signInFailure,
} from './sign-in-service.ts';

/** RFC 8628 section 3.5: the wait where the service names none, and what `slow_down` adds to it. */
const usualIntervalS = 5;
/** How many questions in a row may get no answer at all. */
const patience = 5;

/** What the person needs: type `code` at `address` within the time. */
export interface DeviceCode {
  address: string;
  code: string;
  minutes: number;
}

export interface DeviceSignInOptions extends FlowOptions {
  /** Shows the code to the person; called once. */
  show(code: DeviceCode): void;
  /** Rejects when the run is called off. */
  wait(ms: number): Promise<void>;
}

type Answer = Grant | 'pending' | 'slow_down' | 'away';

/** Signs a person in by a code that is typed on any other device (RFC 8628). Throws a `Failure`. */
export async function signInWithDeviceCode(options: DeviceSignInOptions): Promise<Grant> {
  const { service, stays, signal, show, wait } = options;
  const client: oauth.Client = { client_id: service.clientId };
  const request = requestOptions(signal);
  try {
    const server = await discover(service, signal);
    if (server.device_authorization_endpoint === undefined)
      throw failureOf('sign_in_refused', `${service.authority} knows no device codes`);
    const parameters = { scope: scopesOf(service, stays) };
    const begun = await oauth
      .deviceAuthorizationRequest(server, client, oauth.None(), parameters, request)
      .then((response) => oauth.processDeviceAuthorizationResponse(server, client, response));
    show({
      address: begun.verification_uri,
      code: begun.user_code,
      minutes: Math.floor(begun.expires_in / 60),
    });

    const ask = async (): Promise<Answer> => {
      try {
        const response = await oauth.deviceCodeGrantRequest(
          server,
          client,
          oauth.None(),
          begun.device_code,
          request,
        );
        return grantOf(service, await oauth.processDeviceCodeResponse(server, client, response), Date.now());
      } catch (error) {
        signal.throwIfAborted();
        if (isUnreachable(error)) return 'away';
        if (!(error instanceof oauth.ResponseBodyError)) throw error;
        if (error.error === 'authorization_pending') return 'pending';
        if (error.error === 'slow_down') return 'slow_down';
        if (error.error === 'expired_token')
          throw failureOf('sign_in_timed_out', 'nobody entered the code in time');
        throw error;
      }
    };

    let intervalS = begun.interval ?? usualIntervalS;
    let failed = 0;
    // By what was waited and not by a clock: a computer that slept has not waited.
    for (let waitedS = 0; waitedS < begun.expires_in; waitedS += intervalS) {
      await wait(intervalS * 1000);
      const answer = await ask();
      if (typeof answer === 'object') return answer;
      failed = answer === 'away' ? failed + 1 : 0;
      if (failed >= patience)
        throw failureOf('sign_in_unreachable', `${service.authority} has not answered ${patience} times`);
      if (answer === 'slow_down' || answer === 'away') intervalS += usualIntervalS;
    }
    throw failureOf('sign_in_timed_out', 'nobody entered the code in time');
  } catch (error) {
    signal.throwIfAborted();
    throw signInFailure(error, service);
  }
}
