import { UnusablePushAppError } from './app-sender.ts'

export interface Endpoint {
	readonly host: string
	readonly port: number
}

/** Reads `host:port`, an IPv6 address in brackets. @throws UnusablePushAppError when it is neither. */
export function parseEndpoint(text: string): Endpoint {
	const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/i.exec(text)
	const host = match?.[1] ?? match?.[2]
	const port = Number(match?.[3])
	if (host === undefined || port < 1 || port > 65_535) throw new UnusablePushAppError('the endpoint is not host:port')
	return { host, port }
}
