/** Whatever was thrown, as something that may cross to the page. */
import type { EngineError, EngineErrorKind } from '../api';

export function explain(thrown: unknown): EngineError {
  if (isEngineError(thrown)) return thrown;
  if (thrown instanceof DOMException) return explainDom(thrown);
  if (thrown instanceof WebAssembly.CompileError || thrown instanceof WebAssembly.LinkError)
    return fail('unsupported', thrown);
  return fail('internal', thrown);
}

export function fail(kind: EngineErrorKind, cause?: unknown): EngineError {
  return cause === undefined ? { kind } : { kind, detail: String(cause) };
}

const DOM_KINDS: Record<string, EngineErrorKind> = {
  AbortError: 'cancelled',
  NotReadableError: 'file-unreadable',
  NotFoundError: 'file-unreadable',
  NotAllowedError: 'save-failed',
  NoModificationAllowedError: 'save-failed',
  QuotaExceededError: 'save-failed',
};

function explainDom(thrown: DOMException): EngineError {
  return fail(DOM_KINDS[thrown.name] ?? 'internal', thrown);
}

function isEngineError(thrown: unknown): thrown is EngineError {
  return typeof thrown === 'object' && thrown !== null && 'kind' in thrown && typeof thrown.kind === 'string';
}
