// Its author forgot definePlugin.
export default { name: 'plain-object', apiVersion: 1, setup() {} }
