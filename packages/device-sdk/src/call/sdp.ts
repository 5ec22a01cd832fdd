/** Our SDP answer to the caller's offer: the text itself, or what makes it. Without an offer it makes ours (RFC 3264 4). */
export type SdpAnswer = string | ((offer: string | undefined) => string | Promise<string>)
