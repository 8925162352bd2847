// What a finger misses on a narrow screen, or a keyboard cannot scroll.
() => {
  dispatchEvent(new Event("resize")); // the browser tells of a new width with its next picture only
  const low = [...document.querySelectorAll(".breadcrumbs a")].filter((link) => link.getBoundingClientRect().height < 24);
  const stuck = [...document.querySelectorAll(".table-wrap")].filter(
    (wrap) => wrap.scrollWidth > wrap.clientWidth && wrap.tabIndex < 0 && !wrap.querySelector("a[href], button, input, select, summary"),
  );
  return [
    ...low.map((link) => `lower than 24 px: ${link.outerHTML.slice(0, 120)}`),
    ...stuck.map((wrap) => `not to be scrolled by keyboard: ${wrap.outerHTML.slice(0, 120)}`),
  ];
}
