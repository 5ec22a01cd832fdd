import { headerList } from '../address/list.ts'
import { parseParameterized } from '../address/params.ts'
import type { SipRequest } from '../message/message.ts'
import { decodeText, encodeText } from '../message/octets.ts'
import type { DialogNames, DialogReference } from './names.ts'
import { type StartTag, startTagsOf } from './start-tags.ts'

const CONTENT_TYPE = 'application/dialog-info+xml'
/** The states of a few hundred dialogs; more is passed on unread. */
const MAX_BODY_BYTES = 65_536

/**
 * The body of a NOTIFY of the dialog package (RFC 4235 4.1) with our dialogs renamed: `call-id`, `local-tag` and `remote-tag` of `dialog`
 * and `replaces`. All else stays as it is written. Other bodies, and those that cannot be read, are given back as they are.
 */
export function renameDialogInfo({ headers, body }: SipRequest, names: DialogNames): Uint8Array {
	if (body.length === 0 || body.length > MAX_BODY_BYTES || headers.has('Content-Encoding')) return body
	const type = parseParameterized(headerList(headers, 'Content-Type')[0] ?? '')?.value.toLowerCase()
	if (type !== CONTENT_TYPE) return body
	const text = decodeText(body)
	const renamed = renameTags(text, names)
	return renamed === text ? body : encodeText(renamed)
}

function renameTags(text: string, names: DialogNames): string {
	let renamed = ''
	let end = 0
	for (const tag of startTagsOf(text) ?? []) {
		for (const { start, end: valueEnd, value } of changesOf(tag, names)) {
			renamed += text.slice(end, start) + value
			end = valueEnd
		}
	}
	return renamed + text.slice(end)
}

interface Change {
	readonly start: number
	readonly end: number
	readonly value: string
}

function changesOf({ attributes }: StartTag, names: DialogNames): Change[] {
	const valueAt = (name: string) => attributes.find((attribute) => attribute.name === name)?.value
	const callId = valueAt('call-id')
	if (callId === undefined) return []
	const tags = [valueAt('local-tag'), valueAt('remote-tag')] as const
	const renamed = tags[0] === undefined && tags[1] === undefined ? undefined : names.dialog({ callId, tags })
	const other = renamed ?? byCallId(callId, tags, names)
	if (!other) return []
	const values: Readonly<Record<string, string | undefined>> = {
		'call-id': other.callId,
		'local-tag': other.tags[0],
		'remote-tag': other.tags[1],
	}
	return attributes.flatMap(({ name, start, end }) => {
		const value = Object.hasOwn(values, name) ? values[name] : undefined
		return value === undefined ? [] : [{ start, end, value: escapeAttribute(value) }]
	})
}

/** A dialog that has no tags yet is named by its Call-ID alone. */
function byCallId(callId: string, tags: DialogReference['tags'], names: DialogNames): DialogReference | undefined {
	const other = tags[0] === undefined && tags[1] === undefined ? names.callId(callId) : undefined
	return other === undefined ? undefined : { callId: other, tags }
}

function escapeAttribute(value: string): string {
	return value
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('"', '&quot;')
		.replaceAll("'", '&apos;')
}
