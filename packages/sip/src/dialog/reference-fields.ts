import { splitList } from '../address/list.ts'
import { formatParams, paramText, parseParameterized } from '../address/params.ts'
import type { SipRequest } from '../message/message.ts'
import type { DialogNames, DialogReference } from './names.ts'

type Rename = (value: string, names: DialogNames) => string

const tagged =
	(first: string, second: string): Rename =>
	(value, names) =>
		renameTagged(value, names, first, second)

/** Fields that name dialogs of other calls. */
const RENAMED: Readonly<Record<string, Rename>> = {
	// RFC 3891 6.1, RFC 3911 7.1, RFC 4538 7
	replaces: tagged('to-tag', 'from-tag'),
	join: tagged('to-tag', 'from-tag'),
	'target-dialog': tagged('local-tag', 'remote-tag'),
	// RFC 3261 20.21
	'in-reply-to': renameCallIds,
	// RFC 4235 3.2: a subscription to one dialog
	event: renameEvent,
}

/** The value of a field that names dialogs, by the field's canonical name; other values come back as they are. */
export function renameReference(name: string, value: string, names: DialogNames): string {
	const rename = Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined
	return rename ? rename(value, names) : value
}

/** The dialog that an INVITE is to take the place of (RFC 3891 3). */
export function replacedDialog({ headers }: SipRequest): DialogReference | undefined {
	const replaces = parseParameterized(headers.get('Replaces') ?? '')
	if (!replaces) return undefined
	const { value: callId, params } = replaces
	return { callId, tags: [paramText(params, 'to-tag'), paramText(params, 'from-tag')] }
}

function renameTagged(text: string, names: DialogNames, first: string, second: string): string {
	const parsed = parseParameterized(text)
	if (!parsed) return text
	const { value, params } = parsed
	const renamed = names.dialog({ callId: value, tags: [paramText(params, first), paramText(params, second)] })
	return renamed ? `${renamed.callId}${formatParams(withTags(params, first, second, renamed))}` : text
}

function renameCallIds(text: string, names: DialogNames): string {
	const callIds = splitList(text)
	const renamed = callIds.map((callId) => names.callId(callId) ?? callId)
	return renamed.some((callId, index) => callId !== callIds[index]) ? renamed.join(', ') : text
}

function renameEvent(text: string, names: DialogNames): string {
	const parsed = parseParameterized(text)
	const callId = parsed && paramText(parsed.params, 'call-id')
	if (callId === undefined || parsed?.value.toLowerCase() !== 'dialog') return text
	const { value, params } = parsed
	const renamed = names.dialog({ callId, tags: [paramText(params, 'to-tag'), paramText(params, 'from-tag')] })
	if (!renamed) return text
	const changed = withTags(params, 'to-tag', 'from-tag', renamed).set('call-id', renamed.callId)
	return `${value}${formatParams(changed)}`
}

function withTags(
	params: ReadonlyMap<string, string | true>,
	first: string,
	second: string,
	{ tags }: DialogReference,
): Map<string, string | true> {
	const changed = new Map(params)
	for (const [index, name] of [first, second].entries()) {
		const tag = tags[index]
		if (tag !== undefined && changed.has(name)) changed.set(name, tag)
	}
	return changed
}
