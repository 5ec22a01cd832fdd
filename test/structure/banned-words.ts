/** A word that is gone from the code, and what is said in its place. */
export interface BannedWord {
	/**
	 * A word, or a part of an identifier in camel case: `wish` is found in `stepWish`, `wishOf` and `the-wish`, and neither in
	 * `swish` nor in `wishes`. The case of its first letter does not matter.
	 */
	readonly word: string
	readonly instead: string
	/** Files and folders (with a slash at the end) where it means something else, or history is told. */
	readonly except?: readonly string[]
}

/** Words of earlier days. Each stands here so that none comes back by habit or by a merge. */
export const BANNED_WORDS: readonly BannedWord[] = [
	{ word: 'start-worker', instead: 'service.ts' },
	{ word: 'start-sip-edge', instead: 'service.ts' },
	{ word: 'start-push-dispatcher', instead: 'service.ts' },
	{ word: '@vigil/control-api/handoff', instead: '@vigil/domain' },
	{ word: 'AccountWays', instead: 'UpstreamPaths' },
	{ word: 'UpstreamWay', instead: 'CallUpstreamPath' },
	{ word: 'ProbeWay', instead: 'ProbePath' },
	{ word: 'EgressQuestion', instead: 'EgressRequest' },
	{ word: 'OnTheWay', instead: 'InFlightRegister' },
	{ word: 'TurnsUnderWay', instead: 'InFlightRegisters' },
	{ word: 'Departures', instead: 'PendingRemovals' },
	{ word: 'TargetSkips', instead: 'TargetFailover' },
	{ word: 'BindingNews', instead: 'BindingPublisher' },
	{ word: 'SignsOfLife', instead: 'Liveness' },
	{ word: 'ProbeDesk', instead: 'ProbeCoordinator' },
	{ word: 'KeptFlow', instead: 'PersistentFlow' },
	{ word: 'kept-flow', instead: 'persistent-flow' },
	{ word: 'RenderedRequests', instead: 'PrerenderedTransactions' },
	{ word: 'LegRun', instead: 'LegDriver' },
	{ word: 'WakeRun', instead: 'WakeDriver' },
	{ word: 'ActiveCall', instead: 'IncomingCallDriver' },
	{ word: 'RunningCall', instead: 'CallDriver' },
	{ word: 'call-off', instead: 'cancel-push' },
	{ word: 'unwakeable', instead: 'unreachable-by-push' },
	{ word: 'DeviceCall', instead: 'DeviceOutgoingCall (edge) or SipIncomingCall (SDK)' },
	{ word: 'UnaskedAnswers', instead: 'PreemptiveAuthorization' },
	{ word: 'unasked', instead: 'preemptive' },
	{ word: 'LeaseEpoch', instead: 'FencingToken' },
	{ word: 'lease epoch', instead: 'fencing token' },
	{ word: 'wish', instead: 'desired binding' },
	{ word: 'HoldingOrder', instead: 'HoldingCommand' },
	{ word: 'GivenOrder', instead: 'GivenCommand' },
	{ word: 'COMPANY_QUESTION', instead: 'COEXISTENCE_QUERY' },
	{ word: 'SERVER_QUESTION', instead: 'SERVER_QUERY' },
	{ word: 'lookForCompany', instead: 'checkCoexistence' },
	{ word: 'ProbeQuestion', instead: 'ProbeRequest' },
	{ word: 'askBindings', instead: 'fetchBindings' },
	{ word: 'refused-beside', instead: 'rejected-concurrent' },
	{ word: 'strayAnswer', instead: 'strayResponse' },
	{ word: 'AnswerReader', instead: 'ResponseReader' },
	{ word: 'boundedAnswer', instead: 'boundedResponse' },
	{ word: 'discardAnswer', instead: 'discardResponse' },
	{ word: 'SipAnswers', instead: 'RespondingServers' },
	{ word: 'OutsideAnswer', instead: 'OutsideResponse' },
	{ word: 'UnexpectedAnswer', instead: 'UnexpectedResponse', except: ['CHANGELOG.md'] },
	{ word: 'optionsAnswer', instead: 'optionsResponse' },
	{ word: 'ApnsAnswer', instead: 'ApnsResponse' },
	{ word: 'FcmAnswer', instead: 'FcmResponse' },
	{ word: 'malformedAnswered', instead: 'malformedRejected' },
	{ word: 'answersWithheld', instead: 'responsesWithheld' },
	{
		word: 'hindrance',
		instead: 'blocking reason',
		// Processes of the version before have their column under this name.
		except: ['packages/postgres/src/stores/blocking-reason.test.ts', 'CHANGELOG.md'],
	},
]
