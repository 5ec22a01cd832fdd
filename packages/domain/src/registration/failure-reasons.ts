/**
 * What a tenant is told of a SIP server that gives no answer: one sentence of these, whatever the way ended in. Whether a port is
 * open, closed or filtered, or speaks another protocol, is nobody's business but the operator's, whose log says it (ADR 19).
 */
export const UNANSWERED = 'the SIP server cannot be reached or does not answer'

/** The name is not known, or none of its addresses may be connected to: which of these is not told either. */
export const NO_ADDRESS = 'the SIP server has no address that this service connects to'

/** Of servers on the internet alone: elsewhere it would tell that something listens there. */
export const UNTRUSTED_CERTIFICATE = 'the certificate of the SIP server is not trusted for its name'
