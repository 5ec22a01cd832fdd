import { integerSetting } from '@vigil/runtime'
import { DEFAULT_PACING } from '../pacing/pacer.ts'

/** The setting of every process that runs a worker: registrations begun a second at one SIP server; see `pacingOf`. */
export const upstreamPerSecondSetting = integerSetting(1, 50_000)
	.default(DEFAULT_PACING.perSecondPerUpstream)
	.meta({ description: 'Registrations begun a second at one SIP server, at most; twice as many at all together' })
