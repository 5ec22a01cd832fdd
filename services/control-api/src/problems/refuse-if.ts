import { RequestProblem } from './problem-error.ts'

/** 429 with Retry-After, where there is a wait. */
export function refuseIf(waitMs: number, what = 'requests'): void {
	if (waitMs <= 0) return
	throw new RequestProblem('too-many-requests', {
		detail: `Too many ${what}.`,
		headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
	})
}
