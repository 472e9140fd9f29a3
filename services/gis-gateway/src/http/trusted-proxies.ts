import { BlockList, isIP } from "node:net";

/** True for the address of a proxy whose forwarding header is used. */
export type IsTrustedProxy = (address: string | undefined) => boolean;

/**
 * Trusts the listed addresses and networks (`10.0.0.0/8`, `::1`).
 *
 * @throws TypeError naming an entry that is neither
 */
export function trustedProxies(entries: readonly string[]): IsTrustedProxy {
  const trusted = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/", 2);
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32)) {
      throw new TypeError(`'${entry}' is neither an IP address nor a network such as 10.0.0.0/8`);
    }
    trusted.addSubnet(address, bits, family === 6 ? "ipv6" : "ipv4");
  }
  return (address) => {
    if (address === undefined || entries.length === 0) return false;
    // A dual-stack socket reports IPv4 peers as ::ffff:10.0.0.1.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    return isIP(plain) !== 0 && trusted.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  };
}
