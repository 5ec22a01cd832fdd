import manifest from '../package.json' with { type: 'json' }

/** Who we are to SIP servers: the product of User-Agent and Server (RFC 3261 20.41, 20.35). */
export const PRODUCT = `Vigil/${manifest.version}`
