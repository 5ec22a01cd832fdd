/**
 * What sip.js cannot read, in a form that it can, and back again.
 *
 * It drops a whole message whose From or To is a `tel:` URI (a call from the telephone network), and of several digest
 * challenges it keeps only the last and knows only MD5, written in capitals.
 */

/** RFC 2606 reserves `.invalid`, so no true address is ever mistaken for one of these. */
const TEL_HOST = 'tel.invalid'

const TEL_IN_BRACKETS = /<tel:([^<>\r\n]*)>/gi
/** The form without brackets: what follows a semicolon belongs to the header, not to the URI (RFC 3261 20.10). */
const BARE_TEL = /^(From|f|To|t)([ \t]*:[ \t]*)tel:([^;\s<>]*)/gim
const SIP_FOR_TEL = new RegExp(`sip:([^@\\s<>]*)@${TEL_HOST.replace('.', '\\.')}`, 'gi')
const CHALLENGE = /^(?:WWW|Proxy)-Authenticate[ \t]*:.*(?:\r\n[ \t].*)*\r\n/gim
const ALGORITHM = /\balgorithm[ \t]*=[ \t]*"?([A-Za-z0-9-]+)"?/i

/** An incoming message as sip.js can read it. */
export function readable(message: string): string {
	const { head, body } = split(message)
	return keepMd5Challenge(withoutTel(head)) + body
}

/** An outgoing message, or a URI from it, as the other side knows it. */
export function original(message: string): string {
	const { head, body } = split(message)
	return head.replace(SIP_FOR_TEL, (whole, user: string) => telOf(user) ?? whole) + body
}

/** The fields that tell one call from another, read without parsing the message. */
export interface RequestSummary {
	readonly method: string
	readonly callId: string
	/** Its call at the service; a Call-ID may be that of several. */
	readonly serviceCallId: string | undefined
	readonly branch: string
	readonly hasToTag: boolean
}

/** The field of an INVITE with the id of its call at the control API. */
export const SERVICE_CALL_ID = 'X-Vigil-Call'

/** Undefined for a response, and for a request without a Call-ID or a branch. */
export function summarize(message: string): RequestSummary | undefined {
	const { head } = split(message)
	const method = /^([A-Z]+) \S+ SIP\/2\.0\r\n/.exec(head)?.[1]
	const callId = field(head, 'Call-ID|i')
	const branch = /;[ \t]*branch[ \t]*=[ \t]*([^;,\s]+)/i.exec(field(head, 'Via|v') ?? '')?.[1]
	if (method === undefined || callId === undefined || branch === undefined) return undefined
	const hasToTag = /;[ \t]*tag[ \t]*=/i.test((field(head, 'To|t') ?? '').replace(/<[^>]*>|"[^"]*"/g, ''))
	return { method, callId, serviceCallId: field(head, SERVICE_CALL_ID), branch, hasToTag }
}

function field(head: string, names: string): string | undefined {
	return new RegExp(`^(?:${names})[ \\t]*:[ \\t]*(.*?)[ \\t]*\\r$`, 'im').exec(head)?.[1]
}

function split(message: string): { head: string; body: string } {
	const end = message.indexOf('\r\n\r\n')
	return end === -1 ? { head: message, body: '' } : { head: message.slice(0, end + 2), body: message.slice(end + 2) }
}

function withoutTel(head: string): string {
	if (!/tel:/i.test(head)) return head
	return head
		.replace(TEL_IN_BRACKETS, (_whole, rest: string) => `<${sipForTel(rest)}>`)
		.replace(BARE_TEL, (_whole, name: string, colon: string, rest: string) => `${name}${colon}<${sipForTel(rest)}>`)
}

function sipForTel(rest: string): string {
	return `sip:${encodeURIComponent(rest)}@${TEL_HOST}`
}

function telOf(user: string): string | undefined {
	try {
		return `tel:${decodeURIComponent(user)}`
	} catch {
		return undefined
	}
}

function keepMd5Challenge(head: string): string {
	if (!/^SIP\/2\.0 40[17] /.test(head)) return head
	return head.replace(CHALLENGE, (line) => {
		const algorithm = ALGORITHM.exec(line)?.[1]
		if (algorithm === undefined) return line
		return algorithm.toUpperCase() === 'MD5' ? line.replace(ALGORITHM, 'algorithm=MD5') : ''
	})
}
