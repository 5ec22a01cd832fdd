export * from './push-payload.ts'
