import type { TransportName } from './flow.ts'

/** Totals of one transport since start; `openFlows` is the present number. */
export interface TransportCounters {
	messagesIn: number
	messagesOut: number
	bytesIn: number
	bytesOut: number
	/** Messages that could not be parsed, framing errors included. */
	malformed: number
	/** Of these, answered by an error response. */
	malformedRejected: number
	/** Answers that somebody unknown did not get, as they were too large for what he sent. */
	responsesWithheld: number
	/** Messages dropped unread because their source sent too many. */
	rateLimited: number
	flowsOpened: number
	flowsClosed: number
	openFlows: number
	/** Connections refused because a limit was reached. */
	connectionsRefused: number
	connectFailures: number
	pingsIn: number
	pingsOut: number
	pongsIn: number
	pongsOut: number
	/** Flows closed because a ping was not answered. */
	keepAliveFailures: number
	/** Flows closed for silence, or for a message that did not become whole. */
	idleClosed: number
	/** Flows closed because the peer did not read. */
	congestedClosed: number
	sendFailures: number
	/** Exceptions thrown by message receivers. */
	receiverErrors: number
}

export type CountersByTransport = Record<TransportName, TransportCounters>

function zeroCounters(): TransportCounters {
	return {
		messagesIn: 0,
		messagesOut: 0,
		bytesIn: 0,
		bytesOut: 0,
		malformed: 0,
		malformedRejected: 0,
		responsesWithheld: 0,
		rateLimited: 0,
		flowsOpened: 0,
		flowsClosed: 0,
		openFlows: 0,
		connectionsRefused: 0,
		connectFailures: 0,
		pingsIn: 0,
		pingsOut: 0,
		pongsIn: 0,
		pongsOut: 0,
		keepAliveFailures: 0,
		idleClosed: 0,
		congestedClosed: 0,
		sendFailures: 0,
		receiverErrors: 0,
	}
}

/** Counters at zero for every transport. */
export function createCounters(): CountersByTransport {
	return { udp: zeroCounters(), tcp: zeroCounters(), tls: zeroCounters(), ws: zeroCounters(), wss: zeroCounters() }
}
