import { describe, expect, it } from 'vitest';
import { documentId, idOf } from '#shared/domain/documents.ts';
import { AppError, describeError } from '#shared/domain/error.ts';
import {
  finishOperation,
  newOperation,
  operationSteps,
  percentOf,
  withStep,
} from '#shared/domain/operation.ts';

const [t0, t1, t2, t3] = [0, 1, 2, 3].map((minute) =>
  new Date(Date.UTC(2026, 9, 1, 12, minute)).toISOString(),
);
const who = { id: 'u1', name: 'admin@example.test' };
const begun = newOperation('m.1', 'm', 'install', who, t0 ?? '');
const error = describeError(new AppError('extension_failed', 'exit code 1603'));
const statuses = ({ steps }: { steps: readonly { status: string }[] }) => steps.map(({ status }) => status);

describe('an operation', () => {
  it('requirement 43: of an install begins with three steps that wait', () => {
    expect(operationSteps.install).toEqual([
      'Register the resource provider',
      'Deploy the endpoint',
      'Install the agent',
    ]);
    expect(begun).toMatchObject({ id: 'm.1', status: 'running', createdAt: t0, requestedBy: who });
    expect(statuses(begun)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(percentOf(begun)).toBe(0);
  });

  it('keeps the first start of a step that is told again, and its newest detail', () => {
    const first = withStep(begun, 0, { status: 'running', detail: 'registering' }, t1 ?? '');
    const again = withStep(first, 0, { status: 'running', detail: 'still registering' }, t2 ?? '');
    expect(again.steps[0]).toEqual({
      name: 'Register the resource provider',
      status: 'running',
      startedAt: t1,
      detail: 'still registering',
    });
    const ended = withStep(again, 0, { status: 'succeeded' }, t3 ?? '');
    expect(ended.steps[0]).toMatchObject({ startedAt: t1, endedAt: t3, detail: 'still registering' });
    expect(withStep(ended, 0, { status: 'succeeded' }, t0 ?? '').steps[0]).toMatchObject({ endedAt: t3 });
  });

  it('leaves what it was given as it is', () => {
    const before = structuredClone(begun);
    withStep(begun, 0, { status: 'running' }, t1 ?? '');
    finishOperation(begun, { error }, t1 ?? '');
    expect(begun).toEqual(before);
  });

  it('counts a running step half', () => {
    const one = withStep(begun, 0, { status: 'running' }, t1 ?? '');
    const two = withStep(
      withStep(one, 0, { status: 'succeeded' }, t1 ?? ''),
      1,
      { status: 'running' },
      t1 ?? '',
    );
    expect([percentOf(one), percentOf(two)]).toEqual([17, 50]);
  });

  it('that succeeds has all its steps succeeded and is whole', () => {
    const running = withStep(begun, 2, { status: 'running' }, t1 ?? '');
    const ended = finishOperation(running, { resource: '/api/x' }, t2 ?? '');
    expect(ended).toMatchObject({ status: 'succeeded', endedAt: t2, resource: '/api/x' });
    expect(statuses(ended)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(percentOf(ended)).toBe(100);
    expect(ended).not.toHaveProperty('error');
  });

  it('that fails marks the step that ran, with why, and leaves the others', () => {
    const done = withStep(begun, 0, { status: 'succeeded' }, t1 ?? '');
    const running = withStep(done, 1, { status: 'running', detail: 'creating' }, t1 ?? '');
    const ended = finishOperation(running, { error }, t2 ?? '');
    expect(ended).toMatchObject({ status: 'failed', endedAt: t2, error: { code: 'extension_failed' } });
    expect(statuses(ended)).toEqual(['succeeded', 'failed', 'waiting']);
    expect(ended.steps[1]).toMatchObject({ detail: 'exit code 1603', endedAt: t2 });
  });

  it('that has ended stays as it ended', () => {
    const failed = finishOperation(begun, { error }, t1 ?? '');
    expect(finishOperation(failed, { resource: '/api/x' }, t2 ?? '')).toBe(failed);
  });
});

describe('a document', () => {
  it('is named by its type, and by its key when there are several', () => {
    expect(documentId('machine')).toBe('machine');
    expect(documentId('operation', 'm.1')).toBe('operation:m.1');
    expect(idOf({ type: 'enrolment', machineId: 'm', tokenHash: 'h' })).toBe('enrolment');
    expect(idOf({ type: 'revocation', machineId: 'revocations', key: 's1', expiresAt: 1 })).toBe(
      'revocation:s1',
    );
  });
});
