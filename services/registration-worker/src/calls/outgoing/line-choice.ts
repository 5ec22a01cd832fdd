import { type Account, addressOfRecord, type DeviceId } from '@vigil/domain'
import {
	buildResponse,
	canonicalHost,
	headerList,
	isAnonymous,
	parseNameAddr,
	parseUri,
	type SipRequest,
	type SipResponse,
} from '@vigil/sip'

/** Why a device may not call as it wants to; for its answer. */
export interface LineRefusal {
	readonly status: number
	/** Reason phrase, short. */
	readonly reason: string
	/** What the app's developer should know. */
	readonly detail: string
}

export const TOO_MANY_CALLS: LineRefusal = {
	status: 480,
	reason: 'Too Many Calls at Once',
	detail: 'the device, its account or tenant has as many outgoing calls as it may have',
}

/** The response that says so; the text of warn-code 399 is for people (RFC 3261 20.43). */
export function refusedLine(invite: SipRequest, { status, reason, detail }: LineRefusal): SipResponse {
	const text = detail.replace(/["\\]/g, "'")
	return buildResponse(invite, status, reason, { headers: [['Warning', `399 vigil "${text}"`]] })
}

export type LineChoice<Line> = { readonly line: Line } | { readonly refusal: LineRefusal }

interface LineOfDevice {
	readonly account: Account
}

/**
 * The account that a device's INVITE is to go out by: the one that P-Preferred-Identity (RFC 3325 9.2) or else From names.
 * A device that names none, because it is anonymous or calls by its own address at the edge, has only one line to choose,
 * or only one at the server that it dials.
 */
export function chooseLine<Line extends LineOfDevice>(
	invite: SipRequest,
	deviceId: DeviceId,
	lines: readonly Line[],
): LineChoice<Line> {
	const stated = statedIdentity(invite, deviceId)
	const line = stated === undefined ? impliedLine(invite, lines) : lines.find(({ account }) => isOf(account, stated))
	if (line) return usable(line)
	return stated === undefined ? refused('Say Which Line', unsaid(lines)) : refused(...notALine(stated))
}

function usable<Line extends LineOfDevice>(line: Line): LineChoice<Line> {
	const { account } = line
	const aor = addressOfRecord(account)
	const { pushEnabled, registrationMode } = account.attributes
	if (account.disabled) return refused('Account Disabled', `${aor} is disabled`)
	if (!pushEnabled) return refused('Push Is Off', `push is off for ${aor}, so the device registers and calls by itself`)
	if (registrationMode !== 2) {
		const why = `${aor} is in registration mode ${registrationMode}, not 2: the device registers and calls by itself`
		return refused('Not in Continuous Mode', why)
	}
	return { line }
}

function refused(reason: string, detail: string): { readonly refusal: LineRefusal } {
	return { refusal: { status: 403, reason, detail } }
}

function notALine(stated: string): [reason: string, detail: string] {
	return ['Not a Line of This Device', `${stated} is not a line of this device`]
}

function unsaid(lines: readonly LineOfDevice[]): string {
	return lines.length === 0 ? 'the device has no lines' : 'the device has several lines: name one in From'
}

/** The URI by which the device wants to call; undefined when it does not say. */
function statedIdentity(invite: SipRequest, deviceId: DeviceId): string | undefined {
	const preferred = headerList(invite.headers, 'P-Preferred-Identity')
		.map((text) => parseNameAddr(text)?.uri)
		.find((uri) => parseUri(uri ?? '')?.scheme === 'sip')
	if (preferred !== undefined) return preferred
	const from = invite.headers.get('From') ?? ''
	if (isAnonymous(from)) return undefined
	const uri = parseNameAddr(from)?.uri ?? ''
	const parsed = parseUri(uri)
	return parsed?.scheme === 'sip' && parsed.user === deviceId ? undefined : uri
}

function isOf(account: Account, stated: string): boolean {
	const uri = parseUri(stated)
	const own = parseUri(addressOfRecord(account))
	if ((uri?.scheme !== 'sip' && uri?.scheme !== 'sips') || own?.scheme !== 'sip') return false
	const samePort = uri.port === undefined || uri.port === own.port
	return uri.user === own.user && samePort && canonicalHost(uri.host) === canonicalHost(own.host)
}

function impliedLine<Line extends LineOfDevice>(invite: SipRequest, lines: readonly Line[]): Line | undefined {
	if (lines.length === 1) return lines[0]
	const continuous = lines.filter(({ account }) => account.attributes.registrationMode === 2)
	if (continuous.length === 1) return continuous[0]
	const atServer = continuous.filter(({ account }) => dials(invite, account))
	return atServer.length === 1 ? atServer[0] : undefined
}

function dials(invite: SipRequest, account: Account): boolean {
	const uri = parseUri(invite.uri)
	const own = parseUri(addressOfRecord(account))
	if ((uri?.scheme !== 'sip' && uri?.scheme !== 'sips') || own?.scheme !== 'sip') return false
	return canonicalHost(uri.host) === canonicalHost(own.host)
}
