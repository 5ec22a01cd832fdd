/**
 * SIP header field between edge and worker: on a refusal of a call that a device gave itself, with the status that it gave.
 * What an edge, or anybody else on the way, answers in a device's place does not carry it, and no device can: the edge
 * removes it from what devices send. It goes no further than the worker.
 */
export const DEVICE_STATUS_HEADER = 'X-Vigil-Device-Status'
