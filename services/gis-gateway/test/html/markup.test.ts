import { describe, expect, it } from "vitest";
import { html, jsonBlock, safeUrl } from "../../src/html/markup.ts";

describe("html", () => {
  it("escapes text, in elements and in attributes", () => {
    const untrusted = `<script>alert("1")</script> & 'more'`;
    const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;";
    expect(html`<p>${untrusted}</p>`.text).toBe(`<p>${escaped}</p>`);
    expect(html`<p title="${untrusted}">x</p>`.text).toBe(`<p title="${escaped}">x</p>`);
  });

  it("accepts templates, lists and empty values", () => {
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
  ])("replaces the URL %j", (url) => {
    expect(html`<a href="${url}">x</a>`.text).toBe('<a href="#">x</a>');
  });

  it.each(["/ogc?f=html&x=1", "#main", 'https://example.org/?a="b"', "mailto:a@example.org"])(
    "keeps the URL %s",
    (url) => {
      expect(safeUrl(url)).toBe(url);
      expect(html`<a href="${url}">x</a>`.text).not.toContain('"#"');
    },
  );

  it("throws for an attribute without quotation marks", () => {
    expect(() => html`<p title=${"a onclick=b"}>x</p>`).toThrow(TypeError);
  });

  it("keeps JSON inside its script element", () => {
    const untrusted = { name: "</script><script>alert(1)</script><!--" };
    const { text } = jsonBlock("data", JSON.stringify(untrusted));
    expect(text.match(/<\/?script/g)).toHaveLength(2);
    const [, json = ""] = />(.*)<\/script>$/.exec(text) ?? [];
    expect(JSON.parse(json)).toEqual(untrusted);
  });
});
