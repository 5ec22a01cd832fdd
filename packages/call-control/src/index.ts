export type { CallDeps } from './call-deps.ts'
// What a service brings
export type { CallEndpoint, CallSide } from './ports/call-side.ts'
export type { Admitted, CallOwner, CallTarget, OfferedCall } from './ports/call-target.ts'
export type { CallTargets, FoundTarget, SourceVerdict } from './ports/call-targets.ts'
export type { DeviceSide } from './ports/device-side.ts'
// What is written down
export { CallJournal, type OwnedCall } from './record/call-journal.ts'
export type { CallDriver } from './registry/call-driver.ts'
// Calls in memory
export { CallRegistry } from './registry/call-registry.ts'
export { deviceReplaced } from './registry/dialog-names.ts'
export { OngoingInvites } from './registry/ongoing-invites.ts'
export { ReferSubscriptions } from './registry/refer-subscriptions.ts'
// What begins and continues calls
export { edgeHandlers, upstreamHandlers } from './requests/call-handlers.ts'
export type { CallRequestDeps } from './requests/call-request-deps.ts'
export type { InviteSourceCounts } from './requests/invite-source-counts.ts'
// Parts that sides of calls are made of
export { BindingToken } from './side/binding-token.ts'
export { CallChallenges } from './side/call-challenges.ts'
export { CallContact } from './side/call-contact.ts'
