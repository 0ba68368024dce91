module.exports = async function globalTeardown() {
  const results = await Promise.allSettled(globalThis.pactwatchServers.map((stop) => stop()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};
