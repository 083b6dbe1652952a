/** The value union of the Functions worker protocol, as far as this host sends or receives it. */
export interface RpcData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: RpcHttpRequest | RpcHttpResponse;
}

export type NullableStrings = Record<string, { value: string }>;

export interface RpcHttpRequest {
  url: string;
  method: string;
  nullableHeaders: NullableStrings;
  nullableQuery: NullableStrings;
  nullableParams: NullableStrings;
  body?: RpcData;
}

export interface RpcCookie {
  name: string;
  value: string;
  domain?: { value: string };
  path?: { value: string };
  expires?: { value: { seconds: number } };
  secure?: { value: boolean };
  httpOnly?: { value: boolean };
  /** `none` means unset; `explicitNone` is the attribute value None. */
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
  maxAge?: { value: number };
}

export interface RpcHttpResponse {
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: RpcCookie[];
  body?: RpcData | null;
}

interface TraceContext {
  traceParent: string;
  traceState: string;
  attributes: Record<string, string>;
}

export interface InvocationRequest {
  inputData: { name: string; data: RpcData }[];
  triggerMetadata: Record<string, RpcData>;
  traceContext: TraceContext;
}

export interface InvocationResponse {
  returnValue?: RpcData | null;
}

/** A returned value as the .NET side reads it: JSON is parsed, a string stays a string, bytes become base64. */
export function valueOf(data: RpcData | null | undefined): unknown {
  if (!data) return null;
  if (data.string !== undefined) return data.string;
  if (data.json !== undefined) return JSON.parse(data.json) as unknown;
  if (data.int !== undefined) return data.int;
  if (data.double !== undefined) return data.double;
  if (data.bytes) return Buffer.from(data.bytes).toString('base64');
  return null;
}
