import { integerSetting } from '@vigil/runtime'
import { DEFAULT_PACING } from '../pacing/pacer.ts'

/** The setting of every process that runs a worker: REGISTERs a second at one SIP server; see `pacingOf`. */
export const upstreamPerSecondSetting = integerSetting(1, 50_000).default(DEFAULT_PACING.perSecondPerUpstream).meta({
	description: 'REGISTERs a second at one SIP server, answers to its challenges counted; twice as many at all together',
})
