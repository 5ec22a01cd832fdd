export * from './address/escapes.ts'
export * from './address/host.ts'
export { headerList, splitList } from './address/list.ts'
export * from './address/name-addr.ts'
export {
	formatParams,
	type ParameterizedValue,
	type Params,
	paramText,
	parseParameterized,
	parseParams,
} from './address/params.ts'
export { quote, unquote } from './address/quoted.ts'
export * from './address/uri.ts'
export * from './address/uri-equality.ts'
export * from './address/via.ts'
// What others can make grow, and how fast
export { BoundedMap } from './bounded/bounded-map.ts'
export { BoundedSet } from './bounded/bounded-set.ts'
export { type Rate, TokenBucket } from './bounded/token-bucket.ts'
// The bridge: two legs of one call
export { type BridgeStart, startBridge, stepBridge } from './bridge/bridge.ts'
export { bridgedDialogs } from './bridge/bridged-dialogs.ts'
export { createDeviceInvite, type DeviceInviteParts } from './bridge/device-invite.ts'
export { discardResponse } from './bridge/discarded-response.ts'
export { nextMaxForwards } from './bridge/passing.ts'
export { callerShown } from './bridge/privacy.ts'
export type {
	BridgeEffect,
	BridgeInput,
	BridgeOptions,
	BridgeState,
	BridgeStep,
	EndCause,
	Leg,
	LegPhase,
	LegState,
} from './bridge/types.ts'
export { createUpstreamInvite, isAnonymous, type UpstreamInviteParts } from './bridge/upstream-invite.ts'
// Dialogs (RFC 3261 12)
export * from './dialog/acceptance.ts'
export * from './dialog/creation.ts'
export * from './dialog/dialog.ts'
export * from './dialog/identity.ts'
export type { DialogNames, DialogReference } from './dialog/names.ts'
export { ALLOW_EVENTS, type OutsideResponse, responseOutsideOfDialogs } from './dialog/outside-of-dialogs.ts'
export { replacedDialog } from './dialog/reference-fields.ts'
export { renameDialogs } from './dialog/rename-dialogs.ts'
export * from './dialog/requests.ts'
export { isTargetRefresh, refreshTarget } from './dialog/target.ts'
export * from './digest/algorithm.ts'
export * from './digest/answer.ts'
export * from './digest/authentication-info.ts'
export * from './digest/authorization.ts'
export * from './digest/challenge.ts'
export * from './digest/nonce.ts'
export * from './digest/response.ts'
export * from './message/build.ts'
export { withoutControlBytes } from './message/control-bytes.ts'
export * from './message/cseq.ts'
export * from './message/delta-seconds.ts'
export { canonicalHeaderName } from './message/header-names.ts'
export * from './message/headers.ts'
export { type HeaderView, LightResponse, type ResponseView, readLightResponse } from './message/light-response.ts'
export * from './message/limits.ts'
export * from './message/message.ts'
export { decodeText, encodeText } from './message/octets.ts'
export { unsupportedOptions } from './message/option-tags.ts'
export * from './message/parse.ts'
export * from './message/parse-error.ts'
export * from './message/reason-phrases.ts'
export * from './message/serialize.ts'
export * from './message/validate.ts'
// Machines
export type { Step } from './step.ts'
// Transactions (RFC 3261 17, RFC 6026)
export { ackForRejection, buildCancel } from './transaction/ack.ts'
export * from './transaction/invite-client.ts'
export * from './transaction/invite-server.ts'
export * from './transaction/keys.ts'
export type {
	TimerName,
	TransactionEffect,
	TransactionInput,
	TransactionMachine,
	TransactionSettings,
	TransactionStep,
	TransactionTimers,
} from './transaction/machine.ts'
export * from './transaction/non-invite-client.ts'
export * from './transaction/non-invite-server.ts'
export * from './transaction/timer-values.ts'
