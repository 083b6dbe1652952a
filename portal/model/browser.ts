interface Brand {
  brand: string;
}

/** What of the browser's own description says which one it is; `brands` where it has them. */
export interface BrowserWords {
  userAgent: string;
  brands: readonly Brand[] | undefined;
}

/** Chrome's own open build counts as Chrome; the made-up brand that is put in between is to be ignored. */
const supported = /^(Google Chrome|Microsoft Edge|HeadlessChrome|HeadlessEdg|Chromium)$/;
const madeUp = /not.*a.*brand/i;

/** Requirement 23: Microsoft Edge and Google Chrome. Relatives of Chrome that say so themselves are others. */
export function isSupportedBrowser({ userAgent, brands }: BrowserWords): boolean {
  if (brands && brands.length > 0) {
    const real = brands.filter(({ brand }) => !madeUp.test(brand));
    return real.every(({ brand }) => supported.test(brand));
  }
  return (
    /\b(Chrome|Edg)\/\d/.test(userAgent) &&
    !/\b(OPR|Opera|Vivaldi|YaBrowser|SamsungBrowser)\//.test(userAgent)
  );
}

export function browserWords(): BrowserWords {
  const { userAgent, userAgentData } = navigator as Navigator & { userAgentData?: { brands: Brand[] } };
  return { userAgent, brands: userAgentData?.brands };
}
