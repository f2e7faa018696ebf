// Comfort only: every page works without this file.
"use strict";

const place = {
  state: document.getElementById("id_state"),
  county: document.getElementById("id_county"),
  latitude: document.getElementById("id_latitude"),
  longitude: document.getElementById("id_longitude"),
};
const counties = document.getElementById("counties");
const locate = document.querySelector(".locate");

/** Offer the counties of the chosen state in the county field. */
async function offerCounties() {
  const state = place.state.value;
  const names = [];
  let page = `${counties.dataset.source}?kind=county&state=${encodeURIComponent(state)}&page_size=200`;
  while (state && page) {
    const answer = await fetch(page);
    if (!answer.ok) return;
    const body = await answer.json();
    names.push(...body.results.map((region) => region.full_name));
    page = body.next && new URL(body.next, location.href).search;
    page = page && counties.dataset.source + page;
  }
  // Somebody may have chosen another state while this one's counties were on their way.
  if (place.state.value !== state) return;
  counties.replaceChildren(...names.sort().map((name) => new Option(name, name)));
}

function useLocation() {
  const status = locate.querySelector("[role=status]");
  status.textContent = "Asking your device…";
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      place.latitude.value = coords.latitude.toFixed(5);
      place.longitude.value = coords.longitude.toFixed(5);
      // One location, not two.
      if (place.state) place.state.value = place.county.value = "";
      place.latitude.closest("details").open = true;
      status.textContent = "Filled in.";
    },
    () => {
      status.textContent = "Your device did not tell. Choose a state and a county instead.";
    },
    { timeout: 15000 },
  );
}

if (place.state && counties) {
  place.state.addEventListener("change", () => {
    place.county.value = "";
    counties.replaceChildren();
    offerCounties().catch(() => counties.replaceChildren());
  });
  if (place.state.value && !counties.children.length) offerCounties().catch(() => {});
}
if (locate && "geolocation" in navigator) {
  locate.hidden = false;
  locate.querySelector("[data-locate]").addEventListener("click", useLocation);
}
