/** What one side of the comparison came to. */
export interface SideFigures {
	readonly cpuMicrosPerRefresh: number
	readonly cpuMicrosPerColdRegistration: number
	/** REGISTERs that the registrar had accepted when everything was bound and quiet; beyond the accounts is surplus. */
	readonly accepted: number
	readonly boundMs: number
	readonly bytesPerRegistration: number
	/** Refreshes a second that the registrar accepted in the window. */
	readonly refreshesPerSecond: number
	/** REGISTERs that the registrar received for each that it accepted, in the window. */
	readonly requestsPerRefresh: number
	/** The most memory at any time, bytes: resident (ours), shared memory in use (the peer). */
	readonly peakBytes: number
	/** Ours only. */
	readonly residentBytesPerRegistration?: number
	readonly timerLagP99Ms?: number
	/** Ours only, where the registrar was restarted. */
	readonly reboundMs?: number
	readonly peakRegistersPerSecond?: number
}
