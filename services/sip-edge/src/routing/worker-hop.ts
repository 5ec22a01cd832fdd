import { headerList, hostAddress, parseNameAddr, parseUri, type SipRequest, topVia } from '@vigil/sip'

/** RFC 3261 19.1.2. */
const DEFAULT_PORT = 5060

type WorkerTransport = 'udp' | 'tcp'

/** Where requests of a dialog are sent on the worker's side: fixed when the dialog is made, never chosen by a device. */
export interface WorkerHop {
	readonly transport: WorkerTransport
	/** An IP address (IPv6 without brackets) or a host name. */
	readonly host: string
	readonly port: number
}

/** `transport:host:port`; a host may hold colons (IPv6), so it stands between the first and the last one. */
export function formatWorkerHop(hop: WorkerHop): string {
	return `${hop.transport}:${hop.host}:${hop.port}`
}

/** Undefined when the text is none. */
export function parseWorkerHop(text: string): WorkerHop | undefined {
	const first = text.indexOf(':')
	const last = text.lastIndexOf(':')
	if (first < 0 || first === last) return undefined
	const transport = text.slice(0, first)
	const host = text.slice(first + 1, last)
	const port = parsePort(text.slice(last + 1))
	if ((transport !== 'udp' && transport !== 'tcp') || port === undefined || !isHost(host)) return undefined
	return { transport, host, port }
}

/** A worker's `host:port` (IPv6 in brackets) as a hop over TCP. */
export function workerHopAt(hostPort: string): WorkerHop | undefined {
	const last = hostPort.lastIndexOf(':')
	return parseWorkerHop(`tcp:${hostAddress(hostPort.slice(0, last))}:${hostPort.slice(last + 1)}`)
}

function parsePort(text: string): number | undefined {
	if (!/^[1-9][0-9]{0,4}$/.test(text)) return undefined
	const port = Number(text)
	return port <= 65_535 ? port : undefined
}

function isHost(text: string): boolean {
	return isIpv6(text) || /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)
}

function isIpv6(text: string): boolean {
	return /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]`)
}

/**
 * Where a worker that starts a dialog wants the dialog's requests: its Contact, or where it has none that we can use, the
 * sent-by of its Via. Both are believed because they come from the internal side.
 */
export function workerHopOf(request: SipRequest): WorkerHop | undefined {
	return hopOfContact(request) ?? hopOfVia(request)
}

function hopOfContact(request: SipRequest): WorkerHop | undefined {
	const contact = parseNameAddr(headerList(request.headers, 'Contact')[0] ?? '')
	const uri = contact && parseUri(contact.uri)
	if (uri?.scheme !== 'sip') return undefined
	return workerHop(uri.params.get('transport') ?? 'udp', uri.host, uri.port)
}

function hopOfVia(request: SipRequest): WorkerHop | undefined {
	const via = topVia(request)
	return via && workerHop(via.transport, via.host, via.port)
}

function workerHop(transport: string, host: string, port = DEFAULT_PORT): WorkerHop | undefined {
	return parseWorkerHop(`${transport.toLowerCase()}:${hostAddress(host)}:${port}`)
}
