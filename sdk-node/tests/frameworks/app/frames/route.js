import { Decoder, encode } from 'oap';

export const dynamic = 'force-dynamic';

export const GET = ({ url }) => {
  const upTo = BigInt(new URL(url).searchParams.get('upTo'));
  return Response.json([...new Decoder().feed(encode([{ kind: 'ACK', upTo }]))]);
};
