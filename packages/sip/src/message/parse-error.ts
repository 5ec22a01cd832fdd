import type { SipResponse } from './message.ts'

/** Why bytes are no acceptable SIP message. */
export type ParseErrorCode =
	| 'not-sip'
	| 'too-large'
	| 'too-many-headers'
	| 'too-many-parameters'
	| 'bad-start-line'
	| 'bad-header'
	| 'bad-content-length'
	| 'missing-header'
	| 'bad-value'

/**
 * A message that was refused. It is a value and not an exception: strangers send rubbish all day, so this is an ordinary outcome.
 *
 * `reply` is what RFC 3261 16.3 and 18.3 ask to send back, when the message was a request other than ACK and told
 * enough to be answered; without it the message is to be dropped in silence.
 */
export interface ParseError {
	readonly code: ParseErrorCode
	/** Our own words; quotes nothing that the peer sent, so it is safe to log and to send. */
	readonly detail: string
	readonly reply?: SipResponse
}
