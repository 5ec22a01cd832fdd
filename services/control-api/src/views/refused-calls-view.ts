import type { RefusedCallsView } from '@vigil/contracts'
import type { Refusals } from '@vigil/domain'
import { instant } from './instant.ts'

export function refusedCallsView({ scope, kind, count, firstAtMs, lastAtMs }: Refusals): RefusedCallsView {
	return { scope, limit: kind, count, firstAt: instant(firstAtMs), lastAt: instant(lastAtMs) }
}
