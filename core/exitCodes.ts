// Exit codes of the three programs, in ranges: 0 done, 1 to 9 general, 10 to 19 this machine, 20 to 29 the fleet.

export const exit = {
  ok: 0,
  internal: 1,
  usage: 2,
  config: 3,
  cancelled: 130,
  io: 10,
  network: 11,
  model: 12,
  data: 13,
  identity: 20,
  protocol: 21,
  refused: 22,
  notFound: 23,
  round: 24,
} as const;
