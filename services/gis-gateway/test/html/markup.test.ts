import { describe, expect, it } from "vitest";
import { html, jsonBlock, safeAddress } from "../../src/html/markup.ts";

describe("a template", () => {
  it("escapes text, in elements and in attributes", () => {
    const hostile = `<script>alert("1")</script> & 'more'`;
    const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;";
    expect(html`<p>${hostile}</p>`.text).toBe(`<p>${escaped}</p>`);
    expect(html`<p title="${hostile}">x</p>`.text).toBe(`<p title="${escaped}">x</p>`);
  });

  it("takes templates, lists and nothing", () => {
    const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}${undefined}${false}${0}</ul>`.text).toBe(
      "<ul><li>a</li><li>&lt;b&gt;</li>0</ul>",
    );
  });

  it.each([
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>",
    "vbscript:x",
    "//elsewhere.example.org",
    "/\\elsewhere.example.org",
    "relative",
    "",
  ])("has no link to %j", (address) => {
    expect(html`<a href="${address}">x</a>`.text).toBe('<a href="#">x</a>');
  });

  it.each(["/ogc?f=html&x=1", "#main", 'https://example.org/?a="b"', "mailto:a@example.org"])(
    "has a link to %s",
    (address) => {
      expect(safeAddress(address)).toBe(address);
      expect(html`<a href="${address}">x</a>`.text).not.toContain('"#"');
    },
  );

  it("refuses an attribute without quotation marks", () => {
    expect(() => html`<p title=${"a onclick=b"}>x</p>`).toThrow(TypeError);
  });

  it("keeps JSON inside of its block", () => {
    const hostile = { name: "</script><script>alert(1)</script><!--" };
    const { text } = jsonBlock("data", JSON.stringify(hostile));
    expect(text.match(/<\/?script/g)).toHaveLength(2);
    const [, json = ""] = />(.*)<\/script>$/.exec(text) ?? [];
    expect(JSON.parse(json)).toEqual(hostile);
  });
});
