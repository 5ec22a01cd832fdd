import { quote } from '../address/quoted.ts'
import { type DigestAlgorithm, isSession } from './algorithm.ts'
import type { Challenge } from './challenge.ts'

/** What answers to the challenges of one server have in common: the text between the parts that differ. */
export interface AnswerFrame {
	readonly beforeNonce: string
	readonly beforeResponse: string
	readonly afterResponse: string
	readonly afterCnonce: string
	/** Whether the client nonce is told. */
	readonly hasCnonce: boolean
}

interface Made {
	readonly realm: string
	readonly uri: string
	readonly algorithmText: string | undefined
	readonly algorithm: DigestAlgorithm
	readonly qop: string | undefined
	readonly frame: AnswerFrame
}

/** Accounts of one server come one after the other: each would glue the same twenty pieces together again. */
let last: Made | undefined

/** The frame of the Authorization value (RFC 7616 3.4) that answers the challenge for that Request-URI. */
export function answerFrame(
	{ realm, algorithmText }: Challenge,
	uri: string,
	algorithm: DigestAlgorithm,
	qop: string | undefined,
): AnswerFrame {
	const made = last
	const same = made?.realm === realm && made.uri === uri && made.qop === qop
	if (same && made.algorithmText === algorithmText && made.algorithm === algorithm) return made.frame
	const frame = newFrame(realm, uri, algorithmText, algorithm, qop)
	last = { realm, uri, algorithmText, algorithm, qop, frame }
	return frame
}

function newFrame(
	realm: string,
	uri: string,
	algorithmText: string | undefined,
	algorithm: DigestAlgorithm,
	qop: string | undefined,
): AnswerFrame {
	// Without qop RFC 2617 forbids cnonce, but a -sess server cannot compute HA1 unless it is told.
	const hasCnonce = qop !== undefined || isSession(algorithm)
	const named = algorithmText === undefined ? '' : `, algorithm=${algorithmText}`
	return {
		beforeNonce: `", realm=${quote(realm)}, nonce="`,
		beforeResponse: `", uri=${quote(uri)}, response="`,
		afterResponse: `"${named}${hasCnonce ? ', cnonce="' : ''}`,
		afterCnonce: qop === undefined ? '"' : `", qop=${qop}, nc=`,
		hasCnonce,
	}
}
