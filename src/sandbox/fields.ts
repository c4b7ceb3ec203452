/** The fields that objects of a kind have: true for one whose inside is not known, a list for one that holds many of the same. */
export interface Fields {
  readonly [name: string]: true | Fields | readonly [Fields]
}

/** Fields with nothing in them that could be wrong. */
export const leaves = (...names: readonly string[]): Fields => Object.fromEntries(names.map(name => [name, true]))

export const metadataFields: Fields = {
  ...leaves('name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'),
  ...leaves('deletionTimestamp', 'deletionGracePeriodSeconds', 'labels', 'annotations', 'finalizers'),
  ownerReferences: [leaves('apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion')],
  managedFields: [leaves('manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1', 'subresource')],
}
