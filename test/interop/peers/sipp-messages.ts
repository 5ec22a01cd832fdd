/** A message as SIPp sent or read it. */
export interface SippMessage {
	/** Epoch milliseconds, with fractions, by SIPp's clock. */
	readonly atMs: number
	readonly direction: 'sent' | 'received'
	/** Status line or request line. */
	readonly firstLine: string
}

const ENTRY = /^-+ (\d{4}-\d\d-\d\d)\s+(\d\d:\d\d:\d\d\.\d+)\n\w+ message (sent|received)[^\n]*\n\s*([^\r\n]+)/gm

/** The messages of a log that SIPp wrote with `-trace_msg`, in their order. */
export function readSippMessages(log: string): SippMessage[] {
	return [...log.matchAll(ENTRY)].map(([, day, time = '', direction, firstLine = '']) => {
		// Only the milliseconds are standard; the rest is added.
		const [seconds = '', fraction = ''] = time.split('.')
		const wholeMs = new Date(`${day}T${seconds}`).getTime()
		const atMs = wholeMs + Number(`0.${fraction}`) * 1000
		return { atMs, direction: direction === 'sent' ? 'sent' : 'received', firstLine }
	})
}
