import type { HeaderPair } from '../message/build.ts'
import type { Headers } from '../message/headers.ts'
import { type Passage, passingHeaders } from './passing.ts'
import { privacyOf } from './privacy.ts'
import type { Turn } from './turn.ts'
import type { Leg } from './types.ts'

/**
 * The fields of a message of that leg that go on to the other one. Privacy that was asked for once holds for the messages that
 * follow and do not speak of it: a server that repeats the asserted identity in an UPDATE seldom repeats the Privacy of its INVITE.
 */
export function passFields(turn: Turn, from: Leg, headers: Headers): HeaderPair[] {
	const direction = directionOf(turn, from)
	if (direction !== 'to-device') return passingHeaders(headers, { direction, privacy: undefined })
	const privacy = privacyOf(headers) ?? turn.state.privacy
	if (privacy !== turn.state.privacy) turn.state = { ...turn.state, privacy }
	return passingHeaders(headers, { direction, privacy })
}

function directionOf(turn: Turn, from: Leg): Passage['direction'] {
	const { device } = turn.state.options
	if (device === undefined) return 'trusted'
	return from === device ? 'from-device' : 'to-device'
}
