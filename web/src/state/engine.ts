/** The one connection to the engine. Nothing else on the page may start one. */
import { start } from '#engine';
import type { EngineError, EngineErrorKind, EngineEvent } from '../engine/api';
import { en } from '../strings/en';

const connection = start();

export const engine = connection.engine;

export function listen(hear: (event: EngineEvent) => void) {
  connection.listen(hear);
}

/** Anything that was thrown, as an `EngineError`; what did not come from the engine is a fault of the page. */
export function asEngineError(thrown: unknown): EngineError {
  if (typeof thrown === 'object' && thrown !== null && 'kind' in thrown && isKind(thrown.kind)) {
    return thrown as EngineError;
  }
  return { kind: 'internal', detail: String(thrown) };
}

function isKind(kind: unknown): kind is EngineErrorKind {
  return typeof kind === 'string' && kind in en.errors;
}

/** What a person is told. */
export function sayError(error: EngineError): string {
  const text =
    error.kind === 'query-mistaken' && error.detail ? en.mail.search.mistaken(error.detail) : en.errors[error.kind];
  return error.retryAfterS ? `${text} ${en.common.retryIn(error.retryAfterS)}` : text;
}
