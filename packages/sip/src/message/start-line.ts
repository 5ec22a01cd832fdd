import { hasUriCharacters, isToken } from './grammar.ts'
import type { Fault } from './head.ts'

/** What a start line says. `versionSupported` is false for a request of another SIP version (answer 505). */
export type StartLine =
	| {
			readonly kind: 'request'
			readonly method: string
			readonly uri: string
			readonly fault?: Fault
			readonly versionSupported: boolean
	  }
	| { readonly kind: 'response'; readonly status: number; readonly reason: string; readonly fault?: Fault }

/**
 * Reads a Request-Line or Status-Line (RFC 3261 7.1, 7.2). Undefined when the line is not of SIP at all.
 * A line that is SIP but wrong comes back with a `fault`, as far as it could be read, so that it can be answered.
 */
export function parseStartLine(line: string): StartLine | undefined {
	if (isVersion(line, 0)) return parseStatusLine(line)
	const afterMethod = line.indexOf(' ')
	const beforeVersion = line.trimEnd().lastIndexOf(' ')
	if (afterMethod <= 0 || !isVersion(line, beforeVersion + 1)) return undefined
	return parseRequestLine(line, afterMethod, beforeVersion)
}

function parseRequestLine(line: string, afterMethod: number, beforeVersion: number): StartLine {
	const method = line.slice(0, afterMethod)
	const uri = line.slice(afterMethod + 1, Math.max(beforeVersion, afterMethod + 1))
	const versionSupported = isVersion2(line, beforeVersion + 1)
	const read = { kind: 'request', method, uri, versionSupported } as const
	const fault = requestLineFault(method, uri, versionSupported, line.length - beforeVersion - 1)
	return fault ? { ...read, fault: { code: 'bad-start-line', detail: fault } } : read
}

function requestLineFault(
	method: string,
	uri: string,
	versionSupported: boolean,
	versionLength: number,
): string | undefined {
	if (!isToken(method)) return 'Malformed method'
	if (!versionSupported) return 'SIP version not supported'
	if (versionLength !== 'SIP/2.0'.length) return 'Blank after the SIP version'
	if (!hasUriCharacters(uri)) return 'Malformed Request-URI'
	return undefined
}

function parseStatusLine(line: string): StartLine {
	const status = statusAt(line, 'SIP/2.0 '.length)
	const read = { kind: 'response', status: status ?? 0, reason: line.slice('SIP/2.0 200 '.length) } as const
	const separated = line.charCodeAt(7) === 0x20 && (line.length === 11 || line.charCodeAt(11) === 0x20)
	if (isVersion2(line, 0) && status !== undefined && separated) return read
	return { ...read, fault: { code: 'bad-start-line', detail: 'Malformed Status-Line' } }
}

/** The three digits at `at`, 100 to 699. */
function statusAt(line: string, at: number): number | undefined {
	let status = 0
	for (let i = at; i < at + 3; i++) {
		const digit = line.charCodeAt(i) - 0x30
		if (!(digit >= 0 && digit <= 9)) return undefined
		status = status * 10 + digit
	}
	return status >= 100 && status <= 699 ? status : undefined
}

/** True when `SIP/` begins at `at`; the letters may be of either case (RFC 3261 7.1). */
function isVersion(line: string, at: number): boolean {
	return (
		(line.charCodeAt(at) | 0x20) === 0x73 &&
		(line.charCodeAt(at + 1) | 0x20) === 0x69 &&
		(line.charCodeAt(at + 2) | 0x20) === 0x70 &&
		line.charCodeAt(at + 3) === 0x2f
	)
}

function isVersion2(line: string, at: number): boolean {
	return isVersion(line, at) && line.startsWith('2.0', at + 4) && !(line.charCodeAt(at + 7) > 0x20)
}
