/**
 * Requirement 106, to the letter: what `GET /` on the service's host answers, without sign-in. It is the connectivity
 * test from inside a machine (requirement 107).
 */
export const homePageText =
  "You've found the Windows Admin Center in Azure APIs' home page. Please use the Azure portal to manage your virtual machines with Windows Admin Center.";
