import { integerSetting } from '@vigil/runtime'
import type { z } from 'zod'
import { aimLimits, DEFAULT_AIM_PER_SECOND } from '../pacing/aimed-servers.ts'
import { DEFAULT_PACING, type PacingLimits } from '../pacing/pacer.ts'

const MOST = 50_000

/** The settings of every process that runs a worker: how fast it registers. */
export const pacingSettings = {
	upstreamPerSecond: integerSetting(1, MOST).default(DEFAULT_PACING.perSecondPerUpstream).meta({
		description:
			'REGISTERs a second at one SIP server, answers to its challenges counted; twice as many at all together',
	}),
	unprovenServerPerSecond: integerSetting(1, MOST).default(DEFAULT_AIM_PER_SECOND.server).meta({
		description:
			'REGISTERs a second of one tenant at a SIP server that has accepted none of its for 24 hours, four times as many at once',
	}),
	tenantUnprovenPerSecond: integerSetting(1, MOST)
		.default(DEFAULT_AIM_PER_SECOND.tenant)
		.meta({ description: 'The same at all such SIP servers together, four times as many at once' }),
}

type PacingSettings = z.output<z.ZodObject<typeof pacingSettings>>

/** The bounds that the settings ask for. */
export function pacingOf(settings: PacingSettings): Partial<PacingLimits> {
	const { upstreamPerSecond, unprovenServerPerSecond, tenantUnprovenPerSecond } = settings
	return {
		perSecondPerUpstream: upstreamPerSecond,
		perSecond: 2 * upstreamPerSecond,
		aimed: aimLimits(unprovenServerPerSecond, tenantUnprovenPerSecond),
	}
}
