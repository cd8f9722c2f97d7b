/**
 * A curve through points that are dragged up and down, or moved with the arrow keys.
 *
 * A widget is an ES module whose default export has the version of the contract it is written for,
 * and `render`. It gets an empty element in a shadow root of its own, the value, and a signal that
 * is aborted when the widget is taken off the page.
 */

const WIDTH = 200;
const HEIGHT = 96;
const EDGE = 8; // room for half a point
const STEP = 0.05;
const FINE = 0.01;
const SVG = "http://www.w3.org/2000/svg";

export default {
  contract: 1,

  render({ el, model, host, signal }) {
    let points = read(model.get());
    let dragged = -1;

    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("./curve.css", import.meta.url).href;

    const drawing = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve" });
    const line = make("polyline", { class: "line" });
    const handles = points.map((_, index) => {
      const handle = make("circle", {
        r: 5,
        class: "handle",
        tabindex: 0,
        role: "slider",
        "aria-label": `${host.label} ${index + 1} / ${points.length}`,
        "aria-valuemin": 0,
        "aria-valuemax": 1,
      });
      handle.addEventListener("pointerdown", (event) => begin(event, index), { signal });
      handle.addEventListener("pointermove", move, { signal });
      handle.addEventListener("pointerup", end, { signal });
      handle.addEventListener("pointercancel", end, { signal });
      handle.addEventListener("keydown", (event) => press(event, index), { signal });
      return handle;
    });
    drawing.append(make("path", { class: "grid", d: grid() }), line, ...handles);
    drawing.setAttribute("role", "group");
    drawing.setAttribute("aria-label", host.label);
    el.append(style, drawing);
    draw();

    const stop = model.subscribe((value) => {
      const given = read(value);
      if (given.length !== points.length) return host.fail("the number of points changed");
      points = given;
      draw();
    });
    signal.addEventListener("abort", stop);

    function draw() {
      const places = points.map((height, index) => [x(index), y(height)]);
      line.setAttribute("points", places.map((place) => place.join(",")).join(" "));
      handles.forEach((handle, index) => {
        handle.setAttribute("cx", places[index][0]);
        handle.setAttribute("cy", places[index][1]);
        handle.setAttribute("aria-valuenow", points[index]);
      });
    }

    function change(index, height) {
      const rounded = Math.round(Math.min(1, Math.max(0, height)) * 100) / 100;
      if (rounded === points[index]) return;
      points = points.map((one, place) => (place === index ? rounded : one));
      draw();
      model.set(points);
    }

    function begin(event, index) {
      if (event.button !== 0) return;
      event.preventDefault();
      event.stopPropagation(); // the node under it is not dragged along
      dragged = index;
      handles[index].focus();
      handles[index].setPointerCapture(event.pointerId);
    }

    function move(event) {
      if (dragged < 0) return;
      const box = drawing.getBoundingClientRect();
      const height = ((event.clientY - box.top) / box.height) * HEIGHT;
      change(dragged, 1 - (height - EDGE) / (HEIGHT - 2 * EDGE));
    }

    function end() {
      if (dragged < 0) return;
      dragged = -1;
      model.commit(); // one drag is one step of undo
    }

    function press(event, index) {
      const step = event.shiftKey ? FINE : STEP;
      const heights = {
        ArrowUp: points[index] + step,
        ArrowRight: points[index] + step,
        ArrowDown: points[index] - step,
        ArrowLeft: points[index] - step,
        Home: 0,
        End: 1,
      };
      if (!(event.key in heights)) return;
      event.preventDefault();
      event.stopPropagation();
      change(index, heights[event.key]);
      model.commit();
    }

    function x(index) {
      return EDGE + (index * (WIDTH - 2 * EDGE)) / (points.length - 1);
    }
  },
};

function y(height) {
  return EDGE + (1 - height) * (HEIGHT - 2 * EDGE);
}

/** The value as numbers; an error is shown by the editor, with the value as JSON. */
function read(value) {
  if (!Array.isArray(value) || value.length < 2) throw new Error("expected two points or more");
  return value.map(Number);
}

function grid() {
  const lines = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const across = EDGE + part * (WIDTH - 2 * EDGE);
    return `M${EDGE} ${y(part)}H${WIDTH - EDGE}M${across} ${EDGE}V${HEIGHT - EDGE}`;
  });
  return lines.join("");
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
