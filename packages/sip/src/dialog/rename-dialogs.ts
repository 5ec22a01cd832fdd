import { canonicalHeaderName } from '../message/header-names.ts'
import { Headers } from '../message/headers.ts'
import type { SipRequest } from '../message/message.ts'
import { renameDialogInfo } from './dialog-info.ts'
import type { DialogNames } from './names.ts'
import { renameReferTarget } from './refer-target.ts'
import { renameReference } from './reference-fields.ts'

/**
 * The request with the dialogs that its fields and its body name (RFC 3891, 3911, 4538, 4235, 3515) renamed for the other side; the
 * very same request when it names none of ours.
 */
export function renameDialogs(request: SipRequest, names: DialogNames): SipRequest {
	const headers = renameFields(request.headers, names)
	const body = renameDialogInfo(request, names)
	return headers === request.headers && body === request.body ? request : { ...request, headers, body }
}

function renameFields(headers: Headers, names: DialogNames): Headers {
	let changed = false
	const fields = [...headers].map((field) => {
		const value = renameField(canonicalHeaderName(field.name), field.value, names)
		if (value === field.value) return field
		changed = true
		return { name: field.name, value }
	})
	return changed ? new Headers(fields) : headers
}

function renameField(name: string, value: string, names: DialogNames): string {
	if (name === 'refer-to') return renameReferTarget(value, names)
	return renameReference(name, value, names)
}
